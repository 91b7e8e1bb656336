/* Misuse that stops the program, made to be survived or looked at. */
#ifndef TEST_MISUSE_H
#define TEST_MISUSE_H

/* What a test does wrong. */
typedef void misuse(void *context);

/* Calls `wrong` and expects a fatal error whose message is one line that has
 * `part` in it. The handler leaves by longjmp. */
void expect_fatal(const char *part, misuse *wrong, void *context);

/* Ends the test as skipped, and says why, where there is no fork(). A test that creates
 * something before it has a child begins with this: it would stay alive. */
void needs_fork(void);

/* Calls `wrong` in a child process; returns the signal that ended it, or 0.
 * What it wrote to stderr is in `output`. As needs_fork() where there is none. */
int run_in_child(misuse *wrong, void *context, char *output, int output_size);

#endif
