#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Arguments by a kind's schema, against the real kinds. What is read and refused in detail, a unit test knows.

# shellcheck disable=SC2016,SC2119,SC2164,SC2317 # run_tests calls the functions, with set -e
. "$(dirname "$0")/common.sh"
_start_daemon

words_reach_the_kind_by_their_type() {
        _ctl run core.echo value=7
        _expect_out 7
        _ctl -o json run core.echo value=7
        _expect_json '.value == "7"'
        _ctl -o json run core.echo value:=7
        _expect_json '.value == 7'
        _ctl -o json run core.echo --json '{"value": [1.5, true, {"k": null}]}'
        _expect_json '.value == [1.5, true, {"k": null}]'
        _ctl run core.fail message=one
        _expect_err 'failed: one'
}

files_reach_the_kind_whole() {
        printf 'text\n' >text
        printf '\0\377' >bytes
        printf '{"value": "by json"}' >arguments
        _ctl -o json run core.echo value=@text
        _expect_json '.value == "text\n"'
        _ctl -o json run core.echo value=@bytes
        _expect_json '.value == {"base64": "AP8="}'
        _ctl run core.echo --json @arguments
        _expect_out 'by json'
        [ "$(echo piped | "$ctl" run core.echo value=@-)" = piped ]
        _ctl run core.hash bytes=@bytes -o json
        [ "$(jq -r .value.hex "$folder/out")" = "$(sha256sum bytes | cut -d' ' -f1)" ]
}

values_come_back_as_they_were_sent() {
        cat >value <<'END'
{"int": -9223372036854775808, "float": 0.1, "text": "h\u00e9\u0000llo \ud83d\ude00", "list": [[], {}, [[1]]], "none": null, "bytes": {"base64": "/+8="}}
END
        "$ctl" run core.echo --json "{\"value\": $(cat value)}" >back
        jq -S . value >expected
        jq -S . back | cmp - expected
        grep -q -- '-9223372036854775808' back
}

deep_values_are_printed() {
        local depth=1500
        {
                head -c "$depth" /dev/zero | tr '\0' '['
                head -c "$depth" /dev/zero | tr '\0' ']'
        } >deep
        "$ctl" run core.echo value:="$(cat deep)" | tr -d ' \n' | cmp - deep
}

faults_are_told_all_at_once() {
        _ctl run core.fail cod=x mesage=y
        _expect_status 2
        _expect_err 'core.fail has no argument "cod"; did you mean "code"?'
        _expect_err 'core.fail has no argument "mesage"; did you mean "message"?'
        _expect_err 'see: gcasyncctl kind show core.fail'
        _ctl submit core.sleep ms=long
        _expect_status 2
        _expect_err 'argument "ms" must be an int, not "long"'
        _ctl submit core.spin
        _expect_status 2
        _expect_err 'core.spin needs the argument "ms"'
        _ctl submit exec
        _expect_status 2
        _expect_err 'exec needs the argument "argv"'
}

programs_can_be_run_as_a_kind() {
        _ctl run exec argv:='["sh", "-c", "pwd; exit 6"]'
        _expect_status 6
        _expect_out /
}

run_tests
