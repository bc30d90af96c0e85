"""What answers cost, and the budgets that no answer may exceed."""
