// The same, in C++, where each inline function may be a symbol of the plugin.
#include "plugin.c"
