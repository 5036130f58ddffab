# Completion of cliplyctl in bash, by the installed binary. Source this file, or copy it to
# ~/.local/share/bash-completion/completions/cliplyctl, where bash-completion finds it at the first Tab.
if command -v cliplyctl >/dev/null; then
    eval "$(COMPLETE=bash cliplyctl)"
fi
