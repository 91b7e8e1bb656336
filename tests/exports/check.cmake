# Compares the symbols that LIBRARY exports, as NM sees them, with those in LIST.

set(options -D --defined-only)
if(APPLE)
    set(options -gU)
endif()
execute_process(COMMAND "${NM}" ${options} "${LIBRARY}" OUTPUT_VARIABLE output
                COMMAND_ERROR_IS_FATAL ANY)

string(REGEX MATCHALL "[^\n]+" exported "${output}")
list(TRANSFORM exported REPLACE "^.* " "")
if(APPLE) # C names begin with an underscore there
    list(TRANSFORM exported REPLACE "^_" "")
endif()
# In a hardened and a debug build some have names of their own, see <nanvm/mem/config.h>.
string(REPLACE "nanvm_mem" "nanvm" prefix "${NAME}")
list(TRANSFORM exported REPLACE "^${prefix}_" "nanvm_")

file(STRINGS "${LIST}" listed)
set(extra ${exported})
list(REMOVE_ITEM extra ${listed})
set(missing ${listed})
list(REMOVE_ITEM missing ${exported})
list(FILTER listed EXCLUDE REGEX "^nanvm_[a-z0-9_]+$")

foreach(kind IN ITEMS extra missing)
    if(${kind})
        list(JOIN ${kind} "\n  " names)
        message(SEND_ERROR "Symbols that are ${kind}:\n  ${names}")
    endif()
endforeach()
if(listed)
    message(SEND_ERROR "Listed, but not under the library's prefix: ${listed}")
endif()
