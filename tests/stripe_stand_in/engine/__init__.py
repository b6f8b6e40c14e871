"""What happens between requests and because of them: charging, invoicing, renewing, ending."""
