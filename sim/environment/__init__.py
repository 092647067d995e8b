"""What surrounds the fish: water and its quality, weather, storms, blooms and jellyfish."""
