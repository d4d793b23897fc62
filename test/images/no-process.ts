/** In place of the process that fits: one that ends at once. */
process.exit(1);
