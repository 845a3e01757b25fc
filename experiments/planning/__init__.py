"""What an experiment asks for before anything is played: the load of every service, by the operational laws."""
