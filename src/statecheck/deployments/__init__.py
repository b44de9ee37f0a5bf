"""What runs the code: the processes of deployment documents, in how many copies, and what hides their state."""
