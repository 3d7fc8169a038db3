"""What the desk's templates can say beyond Django's own words."""
