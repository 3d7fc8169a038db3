/* python3.dll has no code: each name that it exports is one of the library for this minor version. */
int DllMain(void *module, int reason, void *reserved) { return 1; }
