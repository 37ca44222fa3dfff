"""What AWS Backup does with a role that was passed to it: backup jobs, copy jobs, and the plans of backup policies."""
