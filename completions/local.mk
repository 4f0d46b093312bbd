# SPDX-License-Identifier: MIT
# Completions, installed where each shell looks for those of other packages.

bashcompletiondir = $(datadir)/bash-completion/completions
fishcompletiondir = $(datadir)/fish/vendor_completions.d
zshcompletiondir = $(datadir)/zsh/site-functions

dist_bashcompletion_DATA = %D%/bash/gcasyncctl
dist_fishcompletion_DATA = %D%/fish/gcasyncctl.fish
dist_zshcompletion_DATA = %D%/zsh/_gcasyncctl
