"""What lets GitHub Actions plan and deploy without a key: a small app of its own, deployed once into an account."""
