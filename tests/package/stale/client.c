/* A program that was compiled with the headers of another version, reduced to one
 * FUNCTION that it calls. */
void FUNCTION(void);

int main(void) {
    FUNCTION();
    return 0;
}
