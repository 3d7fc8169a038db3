/* python.exe: hands its arguments to the interpreter, which is a library (https://docs.python.org/3/c-api/veryhigh.html). */
#include <windows.h>

typedef int (*main_function)(int, wchar_t **);

int wmain(int count, wchar_t **words) {
    HMODULE interpreter = LoadLibraryW(INTERPRETER);
    main_function run = interpreter ? (main_function)(void *)GetProcAddress(interpreter, "Py_Main") : NULL;
    return run ? run(count, words) : 120;
}
