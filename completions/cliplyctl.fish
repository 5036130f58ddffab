# Completion of cliplyctl in fish, by the installed binary. Copy this file to ~/.config/fish/completions/.
if command -q cliplyctl
    COMPLETE=fish cliplyctl | source
end
