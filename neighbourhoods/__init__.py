"""The ground floor: who, where, how much, and what is proposed."""
