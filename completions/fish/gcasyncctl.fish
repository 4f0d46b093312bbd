# SPDX-License-Identifier: MIT
# fish completion of gcasyncctl. Ids, kinds and their arguments come from the daemon that the words name.

# The words before the cursor that are no options, the program's name left out.
function __gcasyncctl_operands
    set -l words (commandline -opc)
    set -e words[1]
    set -l skip 0
    for word in $words
        if test $skip = 1
            set skip 0
            continue
        end
        switch $word
            case -s -o -t -l -j -E -C -r --socket --output --timeout --color --label --task-timeout --json --env --cwd \
                    --umask --rlimit --on-interrupt --reason --state --kind --stream
                set skip 1
            case '--'
                echo --
            case '-*'
            case '*'
                echo -- $word
        end
    end
end

# What gcasyncctl says; nothing if no daemon answers soon.
function __gcasyncctl_ask
    set -l target
    set -l words (commandline -opc)
    for i in (seq (count $words))
        switch $words[$i]
            case --user --system
                set target $words[$i]
            case -s --socket
                set -q words[(math $i + 1)]; and set target --socket $words[(math $i + 1)]
        end
    end
    command gcasyncctl $target --timeout 2s --quiet $argv 2>/dev/null
end

function __gcasyncctl_no_command
    test (count (__gcasyncctl_operands)) -eq 0
end

# __gcasyncctl_in COMMAND [N]: that is the command, with N operands so far.
function __gcasyncctl_in
    set -l operands (__gcasyncctl_operands)
    test "$operands[1]" = $argv[1]; or return 1
    contains -- -- $operands; and return 1
    test (count $argv) -lt 2; or test (math (count $operands) - 1) -eq $argv[2]
end

# A kind's arguments, once the kind is there.
function __gcasyncctl_has_kind
    set -l operands (__gcasyncctl_operands)
    contains -- "$operands[1]" run submit; and test (count $operands) -ge 2; and not contains -- -- $operands
end
function __gcasyncctl_arguments
    set -l operands (__gcasyncctl_operands)
    __gcasyncctl_ask kind show $operands[2] -o id | string replace -r '$' '='
end

# A program after "--".
function __gcasyncctl_has_program
    contains -- -- (__gcasyncctl_operands)
end

complete -c gcasyncctl -f
complete -c gcasyncctl -l user -d "talk to the user's daemon"
complete -c gcasyncctl -l system -d "talk to the system's daemon"
complete -c gcasyncctl -s s -l socket -r -F -d 'talk to the daemon at this socket'
complete -c gcasyncctl -s o -l output -x -a 'table wide json jsonl id' -d 'form of the output'
complete -c gcasyncctl -l timeout -x -d 'give the command up after this time'
complete -c gcasyncctl -l no-legend -d 'tables without their first line'
complete -c gcasyncctl -l color -x -a 'auto always never' -d colours
complete -c gcasyncctl -s q -l quiet -d 'no notes and no progress on standard error'
complete -c gcasyncctl -s h -l help -d 'explain the command'
complete -c gcasyncctl -l version -d 'print the version of gcasyncctl'

complete -c gcasyncctl -n __gcasyncctl_no_command -a run -d 'run a task, show its output, exit as it does'
complete -c gcasyncctl -n __gcasyncctl_no_command -a submit -d 'start a detached task, print its id'
complete -c gcasyncctl -n __gcasyncctl_no_command -a wait -d 'wait for tasks, exit as they did'
complete -c gcasyncctl -n __gcasyncctl_no_command -a abort -d 'abort tasks'
complete -c gcasyncctl -n __gcasyncctl_no_command -a rm -d 'forget finished tasks, their results and output'
complete -c gcasyncctl -n __gcasyncctl_no_command -a ps -d 'list tasks'
complete -c gcasyncctl -n __gcasyncctl_no_command -a show -d 'show one task in full'
complete -c gcasyncctl -n __gcasyncctl_no_command -a log -d "print a task's captured output"
complete -c gcasyncctl -n __gcasyncctl_no_command -a get -d "print a finished task's result"
complete -c gcasyncctl -n __gcasyncctl_no_command -a kind -d 'list the kinds of task, or show one'
complete -c gcasyncctl -n __gcasyncctl_no_command -a daemon -d 'ask the daemon how it is'
complete -c gcasyncctl -n __gcasyncctl_no_command -a version -d 'print the versions of gcasyncctl and the daemon'
complete -c gcasyncctl -n __gcasyncctl_no_command -a help -d 'explain the commands, or one of them'

for name in run submit
    complete -c gcasyncctl -n "__gcasyncctl_in $name 0" -a '(__gcasyncctl_ask kind ls -o id)' -d kind
    complete -c gcasyncctl -n "__gcasyncctl_in $name" -s l -l label -x -d 'a label for people'
    complete -c gcasyncctl -n "__gcasyncctl_in $name" -s t -l task-timeout -x -d 'the daemon ends the task after this time'
    complete -c gcasyncctl -n "__gcasyncctl_in $name" -s j -l json -x -d 'arguments as a JSON map'
    complete -c gcasyncctl -n "__gcasyncctl_in $name" -s E -l env -x -a '(set -nx)' -d 'set a variable, or keep it'
    complete -c gcasyncctl -n "__gcasyncctl_in $name" -l clean-env -d 'pass no variables but those of -E'
    complete -c gcasyncctl -n "__gcasyncctl_in $name" -s i -l stdin -d 'pass standard input, or a file, to the program'
    complete -c gcasyncctl -n "__gcasyncctl_in $name" -s C -l cwd -x -a '(__fish_complete_directories)' -d "the program's working directory"
    complete -c gcasyncctl -n "__gcasyncctl_in $name" -l umask -x -d "the program's file mode mask"
    complete -c gcasyncctl -n "__gcasyncctl_in $name" -l rlimit -x -d 'a resource limit'
end
complete -c gcasyncctl -n '__gcasyncctl_in run' -l on-interrupt -x -a 'abort detach' -d 'what ^C does to the task'
complete -c gcasyncctl -n __gcasyncctl_has_kind -a '(__gcasyncctl_arguments)' -d argument
complete -c gcasyncctl -n __gcasyncctl_has_program -F -a '(__fish_complete_subcommand --commandline (commandline -opc | string match -v -- --))'

complete -c gcasyncctl -n '__gcasyncctl_in wait' -a '(__gcasyncctl_ask ps --state unfinished -o id)' -d task
complete -c gcasyncctl -n '__gcasyncctl_in wait' -l any -d 'end when the first of them has ended'
complete -c gcasyncctl -n '__gcasyncctl_in wait' -l all -d 'end when all of them have ended'
complete -c gcasyncctl -n '__gcasyncctl_in abort' -a '(__gcasyncctl_ask ps --state unfinished -o id)' -d task
complete -c gcasyncctl -n '__gcasyncctl_in abort' -l now -d 'without grace'
complete -c gcasyncctl -n '__gcasyncctl_in abort' -s r -l reason -x -d why
complete -c gcasyncctl -n '__gcasyncctl_in rm' -a '(__gcasyncctl_ask ps --state finished -o id)' -d task
complete -c gcasyncctl -n '__gcasyncctl_in ps' -l state -x -d 'only these' \
    -a 'waiting-for-arguments queued running suspended succeeded failed aborted timed-out finished unfinished'
complete -c gcasyncctl -n '__gcasyncctl_in ps' -l kind -x -a '(__gcasyncctl_ask kind ls -o id)' -d 'only this kind'
complete -c gcasyncctl -n '__gcasyncctl_in ps' -s l -l label -x -d 'only with this label'
complete -c gcasyncctl -n '__gcasyncctl_in ps' -s A -l all-uids -d "every user's tasks"
complete -c gcasyncctl -n '__gcasyncctl_in show 0' -a '(__gcasyncctl_ask ps -o id)' -d task
complete -c gcasyncctl -n '__gcasyncctl_in log 0' -a '(__gcasyncctl_ask ps -o id)' -d task
complete -c gcasyncctl -n '__gcasyncctl_in log' -s f -l follow -d 'go on until the task has ended'
complete -c gcasyncctl -n '__gcasyncctl_in log' -l stream -x -a 'stdout stderr' -d 'only this one'
complete -c gcasyncctl -n '__gcasyncctl_in get 0' -a '(__gcasyncctl_ask ps --state succeeded -o id)' -d task
complete -c gcasyncctl -n '__gcasyncctl_in kind 0' -a 'ls show'
complete -c gcasyncctl -n '__gcasyncctl_in kind 1' -a '(__gcasyncctl_ask kind ls -o id)' -d kind
complete -c gcasyncctl -n '__gcasyncctl_in daemon 0' -a 'status ping'
complete -c gcasyncctl -n '__gcasyncctl_in help 0' -a 'run submit wait abort rm ps show log get kind daemon version help'
