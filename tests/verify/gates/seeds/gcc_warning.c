/* A pointer cast to a stricter alignment. expect: Wcast-align */
unsigned seed(const char *bytes);

unsigned seed(const char *bytes) {
    return *(const unsigned *)bytes;
}
