"""From the columns of many runs to the tables, files and folder that an experiment leaves behind."""
