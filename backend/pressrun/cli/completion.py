"""The script by which a shell completes commands: cyclopts', for a program whose first word may be a file as well."""

from __future__ import annotations

from typing import Any, Literal

Shell = Literal["bash", "zsh", "fish"]

# bash: files by its own completion, which quotes names with spaces, and where nothing else is to be completed
_BASH = (
    ('COMPREPLY=( $(compgen -f -- "${cur}") )', "COMPREPLY=()"),
    ("complete -F _pressrun pressrun", "complete -o bashdefault -o default -F _pressrun pressrun"),
)
# zsh: the first word may be a file, and then all others are; {commands} is put in
_ZSH_FIRST = """  local -a rest=('1: :->cmds' '*::arg:->args')
  if (( CURRENT > 2 )) && [[ ${words[2]} != -* && ${words[2]} != ({commands}) ]]; then
    rest=('*:file:_files')
  fi
  _arguments -C \\
"""
_ZSH = (
    ("  _arguments -C \\\n", _ZSH_FIRST),
    ("    '1: :->cmds' \\\n    '*::arg:->args'\n", '    "${rest[@]}"\n'),
    ("_describe -t commands 'command' commands\n", "_describe -t commands 'command' commands\n      _files\n"),
)
_ZSH_OUT = (("]:out'", "]:out:_files'"), ("]:o'", "]:o:_files'"))
# a file in $fpath is the function of its name and is called; one that is sourced says what it completes
_ZSH_END = """
if [[ ${funcstack[1]} == _pressrun ]]; then
  _cyclopts_pressrun "$@"
else
  compdef _cyclopts_pressrun pressrun
fi
"""
# fish: options go on after the first file, which is no command
_FISH = tuple(
    (f"-n __fish_use_subcommand -{kind} ", f"-n __fish_pressrun_using_command -{kind} ") for kind in ("l", "s")
)


def completion_script(app: Any, shell: Shell) -> str:
    """To be sourced, or to lie where the shell looks for it."""
    script: str = app.generate_completion(shell=shell)
    if shell == "zsh":
        commands = "|".join(name for name in app if not name.startswith("-"))
        for old, new in _ZSH:
            script = script.replace(old, new.replace("{commands}", commands), 1)
        for old, new in _ZSH_OUT:
            script = script.replace(old, new)
        return script + _ZSH_END
    for old, new in _BASH if shell == "bash" else _FISH:
        script = script.replace(old, new)
    return script
