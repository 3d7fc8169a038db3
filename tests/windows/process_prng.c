/* ProcessPrng of bcryptprimitives.dll, by RtlGenRandom: wheels made by Rust call it at their start, and Wine 8 has none.
 * https://learn.microsoft.com/windows/win32/seccng/processprng */
#include <windows.h>

BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG length_bytes);

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE buffer, SIZE_T length_bytes) {
    return SystemFunction036(buffer, (ULONG)length_bytes);
}
