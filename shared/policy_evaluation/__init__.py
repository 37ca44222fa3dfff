"""IAM policies: whether AWS would allow a request. No state and no moto, only documents in and a decision out."""
