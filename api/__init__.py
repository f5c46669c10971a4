"""What people and programs talk to: HTTP, Socket.IO, the light lanes and the command line."""
