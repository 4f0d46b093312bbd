#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The completions and the man page against the table of commands; bash's completion at work.

# shellcheck disable=SC2016,SC2119,SC2164,SC2317 # run_tests calls the functions, with set -e
. "$(dirname "$0")/common.sh"
_start_daemon

completions=$GCASYNC_SRCDIR/completions
man_page=$GCASYNC_SRCDIR/man/gcasyncctl.1

# _list_options: "--long" and "-s", a line each, of every command and of all of them.
_list_options() {
        "$ctl" help -o json | jq -r '[.options[], .commands[].options[]] | unique[] | "--" + .long, (.short // empty | "-" + .)'
}

_list_words() {
        "$ctl" help -o json | jq -r '.commands[].name | split(" ")[]' | sort -u
}

bash_knows_every_word_and_option() {
        local word
        for word in $(_list_options) $(_list_words); do
                grep -qE -- "(^|[^a-z-])$word([^a-z-]|\$)" "$completions/bash/gcasyncctl" || { echo "$word"; return 1; }
        done
}

zsh_knows_every_word_and_option() {
        local word
        for word in $(_list_options) $(_list_words); do
                grep -qE -- "(^|[^a-z-])$word([^a-z-]|\$)" "$completions/zsh/_gcasyncctl" || { echo "$word"; return 1; }
        done
}

fish_knows_every_word_and_option() {
        local word
        for word in $(_list_options | sed 's/^--\(.*\)/-l \1/; s/^-\(.\)$/-s \1/' | tr ' ' '~') $(_list_words); do
                grep -qE -- "(^|[^a-z-])${word/\~/ }([^a-z-]|\$)" "$completions/fish/gcasyncctl.fish" || { echo "$word"; return 1; }
        done
}

man_page_knows_every_command_and_option() {
        local name
        while read -r name; do
                grep -qE "^\.It Cm $name( |\$)" "$man_page" || { echo "$name"; return 1; }
        done < <("$ctl" help -o json | jq -r '.commands[].name')
        for name in $(_list_options); do
                case $name in
                --*) grep -qE "Fl Fl ${name#--}( |\$)" "$man_page" ;;
                *) grep -qE "Fl ${name#-}( |\$)" "$man_page" ;;
                esac || { echo "$name"; return 1; }
        done
}

man_page_has_the_exit_codes_of_the_table() {
        local code
        for code in 0 1 2 3 4 5 6 7 8 124 125 126 127 130; do
                grep -qE "^\.It ([0-9 ,]* )?$code( ,|\$)" "$man_page" || { echo "$code"; return 1; }
        done
}

scripts_parse() {
        bash -n "$completions/bash/gcasyncctl"
        if command -v zsh >/dev/null; then zsh -n "$completions/zsh/_gcasyncctl"; fi
        if command -v fish >/dev/null; then fish -n "$completions/fish/gcasyncctl.fish"; fi
}

# _complete WORD...: what bash offers for the last one.
_complete() {
        PATH=$GCASYNC_BUILDDIR/client/ctl:$PATH bash --norc -c '
                . "$1"
                shift
                COMP_WORDS=(gcasyncctl "$@")
                COMP_CWORD=$#
                _gcasyncctl 2>/dev/null
                printf "%s\n" "${COMPREPLY[@]}"' bash "$completions/bash/gcasyncctl" "$@"
}

bash_completes_words_and_options() {
        [ "$(_complete su)" = submit ]
        [ "$(_complete kind s)" = show ]
        [ "$(_complete -o j | sort | tr '\n' ' ')" = 'json jsonl ' ]
        [ "$(_complete run --on-i)" = --on-interrupt ]
        [ "$(_complete ps --state = succ)" = succeeded ]
        [ "$(_complete --user help ge)" = get ]
}

bash_completes_what_the_daemon_knows() {
        local id
        id=$("$ctl" submit core.sleep ms=60000)
        [ "$(_complete wait t)" = "$id" ]
        [ "$(_complete rm t)" = '' ]
        [ "$(_complete run core.ec)" = core.echo ]
        [ "$(_complete submit core.sleep m)" = ms= ]
        [ "$(_complete kind show ex)" = exec ]
        "$ctl" abort "$id"
        "$ctl" wait -q "$id" || true
        [ "$(_complete rm t)" = "$id" ]
        [ "$(_complete -s /nowhere wait t)" = '' ]
}

fish_completes() {
        if ! command -v fish >/dev/null; then
                echo 'there is no fish'
                exit 77
        fi
        HOME=$PWD PATH=$GCASYNC_BUILDDIR/client/ctl:$PATH fish --no-config -c "
                source '$completions/fish/gcasyncctl.fish'
                complete -C 'gcasyncctl su'
                complete -C 'gcasyncctl run core.ec'
                complete -C 'gcasyncctl submit core.sleep m'
                complete -C 'gcasyncctl log --str'" >offered
        grep -q '^submit' offered
        grep -q '^core.echo' offered
        grep -q '^ms=' offered
        grep -q '^--stream' offered
}

run_tests
