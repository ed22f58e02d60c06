"""The auditor: reads the audit log beside the running bot, and changes nothing."""
