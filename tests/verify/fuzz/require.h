/* A demand that isn't met ends the program, which is what fuzzers look for. */
#ifndef FUZZ_REQUIRE_H
#define FUZZ_REQUIRE_H

_Noreturn void require_failed(const char *demand, const char *file, int line);

#define REQUIRE(demand) ((demand) ? (void)0 : require_failed(#demand, __FILE__, __LINE__))

#endif
