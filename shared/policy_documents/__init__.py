"""Policy documents as plain data: no Pulumi, no AWS calls."""
