# Run at each build: -DROOT=source -DOUT=file. Without git, or in sources that are no checkout of their own, there is
# no commit, and the same sources give the same bytes. Writes only what has changed.
set(commit "")
set(behind "")
if(EXISTS ${ROOT}/.git)
  find_program(GIT git)
  if(GIT)
    execute_process(COMMAND ${GIT} --no-optional-locks -C ${ROOT} describe --always --dirty=+ --abbrev=12 "--exclude=*"
      OUTPUT_VARIABLE said OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
    if(failed EQUAL 0 AND said MATCHES "^[0-9a-f]+[+]?$")
      set(commit ${said})
      set(behind " (${said})")
    endif()
  endif()
endif()
file(CONFIGURE OUTPUT ${OUT} @ONLY CONTENT [[
#include "policy/core/version.h"

const char version_commit[] = "@commit@";
const char version_behind[] = "@behind@";
]])
