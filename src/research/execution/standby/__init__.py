"""A process on standby that has imported what a build needs and runs whole commands, forked."""
