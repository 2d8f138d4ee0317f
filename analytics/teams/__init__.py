"""The nine teams of 1+1+X and their rota: who belongs, who is on duty, where it does not fit."""
