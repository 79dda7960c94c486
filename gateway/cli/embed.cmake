# cmake -DOUT=FILE.c -DNAMES="a;b" -DFILES="x;y" -P embed.cmake - files as C strings, so that what
# `portcullis init` writes is the file in the repository and no second copy of it.
set(body "#include \"gateway/cli/templates.h\"\n\n")
list(LENGTH NAMES n)
math(EXPR last "${n} - 1")
foreach(i RANGE ${last})
  list(GET NAMES ${i} name)
  list(GET FILES ${i} file)
  file(READ ${file} hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(REGEX REPLACE "(0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,)" "\\1\n\t" bytes "${bytes}")
  string(APPEND body "static const uint8_t ${name}_bytes[] = {\n\t${bytes}\n};\n"
    "const struct bytes ${name} = { ${name}_bytes, sizeof(${name}_bytes) };\n\n")
endforeach()
file(WRITE ${OUT} "${body}")
