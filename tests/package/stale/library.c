/* The library of that version, reduced to the same FUNCTION. */
void FUNCTION(void);

void FUNCTION(void) {}
