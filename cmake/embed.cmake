# cmake -DOUTPUT=x.cpp -DFILES="a.sql;b.sql" -P embed.cmake
# Writes a C++ source in which embedded::a is the text of a.sql, so that the tool is one file that
# finds its SQL wherever it is installed.
set(text "#include \"embedded.hpp\"\n\nnamespace perfkit::cli::embedded {\n\n")
foreach(file IN LISTS FILES)
  get_filename_component(name ${file} NAME_WE)
  file(READ ${file} content)
  string(APPEND text "const std::string_view ${name} = R\"embedded(${content})embedded\";\n\n")
endforeach()
string(APPEND text "}  // namespace perfkit::cli::embedded\n")
file(WRITE ${OUTPUT} "${text}")
