#pragma once
#include <argon2.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
