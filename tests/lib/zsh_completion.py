#!/usr/bin/env python3
"""Types lines into an interactive zsh and prints what completion makes of each, one per line.

    zsh_completion.py FOLDER LINE...      FOLDER holds _hrm
"""
import os
import pty
import re
import select
import sys
import time

PROMPT = b"ready> "


def read_until(terminal, wanted, seconds):
    """What the shell wrote until `wanted` stands there."""
    text, end = b"", time.monotonic() + seconds
    while wanted not in text and time.monotonic() < end:
        if select.select([terminal], [], [], 0.2)[0]:
            try:
                text += os.read(terminal, 65536)
            except OSError:
                break
    return text


def main():
    folder, lines = os.path.abspath(sys.argv[1]), sys.argv[2:]
    child, terminal = pty.fork()
    if child == 0:
        os.environ.update(TERM="dumb", PS1=PROMPT.decode(), COLUMNS="200")
        os.execvp("zsh", ["zsh", "-f", "-i"])
    setup = (f"unsetopt zle_bracketed_paste; fpath=({folder} $fpath); autoload -Uz compinit; compinit -u -D; PS1='ready''> '; "
             # ^X completes, prints the line as it then stands, and empties it.
             "show() { zle complete-word; print -r -- \"<<$BUFFER>>\"; BUFFER=; zle reset-prompt }; zle -N show; bindkey '^X' show; "
             "unsetopt auto_list list_beep; print set''up\n")
    read_until(terminal, PROMPT, 30)
    os.write(terminal, setup.encode())
    read_until(terminal, b"setup", 30)
    read_until(terminal, PROMPT, 30)
    for line in lines:
        os.write(terminal, line.encode() + b"\x18")
        found = re.search(rb"<<(.*?)>>", read_until(terminal, b">>", 30), re.DOTALL)
        print(re.sub(rb"[\r\n\x07]", b"", found.group(1)).decode().rstrip() if found else f"{line}: no answer")
    os.write(terminal, b"exit\n")
    os.close(terminal)
    os.waitpid(child, 0)


main()
