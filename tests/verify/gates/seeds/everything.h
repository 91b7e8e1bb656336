/* Defined in each file that includes it. expect: Wmissing-variable-declarations */
int seed;
