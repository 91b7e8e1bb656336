/* What a plugin of this test is for its host. */
#ifndef PLUGIN_H
#define PLUGIN_H

/* Returns NULL, or what is wrong with the library that the plugin contains. */
typedef const char *plugin_run_function(void);

#endif
