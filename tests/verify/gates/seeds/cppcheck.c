/* One past the end. expect: arrayIndexOutOfBounds */
int seed(void);

int seed(void) {
    int numbers[4] = {0};
    return numbers[4];
}
