# Runs the compiler, COMMAND, which has to refuse what it is given, and to say WORDS.

separate_arguments(command UNIX_COMMAND "${COMMAND}")
execute_process(COMMAND ${command} RESULT_VARIABLE status OUTPUT_VARIABLE output
                ERROR_VARIABLE output)
if(status EQUAL 0)
    message(FATAL_ERROR "It compiles.")
endif()
if(NOT output MATCHES "${WORDS}")
    message(FATAL_ERROR "Its error doesn't say `${WORDS}`:\n${output}")
endif()
