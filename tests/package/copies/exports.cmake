# PLUGIN exports the function that its host calls; and of the library nothing, or with
# EXPORTS what the plugin has of it.

set(options -D --defined-only)
if(APPLE)
    set(options -gU)
endif()
execute_process(COMMAND "${NM}" ${options} "${PLUGIN}" OUTPUT_VARIABLE symbols
                COMMAND_ERROR_IS_FATAL ANY)
if(NOT symbols MATCHES "plugin_run")
    message(FATAL_ERROR "${PLUGIN} doesn't export plugin_run:\n${symbols}")
endif()
string(REGEX MATCHALL "[^\n]*nanvm_[^\n]*" found "${symbols}")
if(found AND NOT EXPORTS)
    list(JOIN found "\n" found)
    message(FATAL_ERROR "${PLUGIN} exports\n${found}")
endif()
if(EXPORTS AND NOT found)
    message(FATAL_ERROR "${PLUGIN} exports nothing of the library, which was asked for")
endif()
