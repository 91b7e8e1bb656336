# Compares the symbols that LIBRARY exports, as NM sees them, with those in LIST; without
# LIST there must be none.

set(options -D --defined-only)
if(APPLE)
    set(options -gU)
endif()
execute_process(COMMAND "${NM}" ${options} "${LIBRARY}" OUTPUT_VARIABLE output
                COMMAND_ERROR_IS_FATAL ANY)

# Without the lines for versions of symbols, and without the versions.
string(REGEX MATCHALL "[^\n]+" exported "${output}")
list(FILTER exported EXCLUDE REGEX " A NANVM_MEM[A-Z_]*${ABI}(@@.*)?$")
list(TRANSFORM exported REPLACE "@.*$" "")
list(TRANSFORM exported REPLACE "^.* " "")
list(FILTER exported EXCLUDE REGEX "^_(init|fini)$") # musl's, in every shared library
if(APPLE) # C names begin with an underscore there
    list(TRANSFORM exported REPLACE "^_" "")
endif()
# In a hardened and a debug build some have names of their own, see
# <nanvm/mem/inline/symbols.h>.
string(REPLACE "nanvm_mem" "nanvm" prefix "${NAME}")
list(TRANSFORM exported REPLACE "^${prefix}_" "nanvm_")
list(TRANSFORM exported REPLACE "_abi${ABI}$" "_abi")

set(listed)
if(LIST)
    file(STRINGS "${LIST}" listed)
endif()
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
