# The program in README is the one that is compiled and run, to the letter.

file(READ "${README}" readme)
file(READ "${PROGRAM}" program)
string(FIND "${readme}" "```c\n${program}```" at)
if(at EQUAL -1)
    message(FATAL_ERROR "${README} doesn't show ${PROGRAM} as it is")
endif()
