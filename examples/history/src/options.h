/* The command line. */
#ifndef HISTORY_OPTIONS_H
#define HISTORY_OPTIONS_H

#include "memory.h"

enum source { SOURCE_DEFAULT, SOURCE_FILES, SOURCE_PATCHES, SOURCE_GIT };

struct options {
    enum memory_kind memory;
    enum source source;
    char **files;
    int files_length;
    const char *base;
    const char *patches;
    const char *git;
    size_t at; /* Versions are counted from 1; 0 is none, SIZE_MAX the last. */
    size_t diff[2];
    size_t svg[2];
    const char *svg_path;
    bool help;
};

/* False, with a message on stderr, if the arguments make no sense. */
bool options_read(struct options *self, int count, char **arguments);

void options_print_help(void);

#endif
