"""What happens: a discrete-event model of distributed calls. Nothing here knows of files, charts or statistics."""
