"""What people do in the workspace: type commands, write messages, click, fill in modals."""
