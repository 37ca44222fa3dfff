"""AWS STS: sessions, who makes a request, and who may assume which role."""
