"""What a map holds before any fit: which values were measured, and how evenly the points lie."""
