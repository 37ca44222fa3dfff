"""What the deployed policies let each principal do, decided by an evaluator that nobody of this project wrote."""
