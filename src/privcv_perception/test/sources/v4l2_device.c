// SPDX-License-Identifier: Apache-2.0
// An emulated V4L2 camera, preloaded into a process that captures: no kernel module, no hardware.
//
// The device is a FIFO. Each byte in it is a frame that has come, and names the file that holds its
// content ("<fifo>.<byte>"), so that select() and poll() work as they are and a test decides what
// comes and when. "<fifo>.mode" holds the only pixel format, the largest size and whether the frame
// rate can be set, such as "YUYV 640 480 1". Removing the FIFO unplugs the camera, an advisory lock
// on it is another program that uses it, and what was asked of the driver is in "<fifo>.log".
// /dev/video0 is the FIFO named by V4L2_DEVICE.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MOST_BUFFERS 8

// One program captures at a time, so that there is one state; S_FMT refuses a second.
static struct {
    struct v4l2_pix_format format;
    struct v4l2_fract interval;
    int user;  // its descriptor, or 0
    int buffers, streaming;
    void *start[MOST_BUFFERS];
    int queued[MOST_BUFFERS], in_queue;  // indexes of buffers, the next to be filled first
} camera;

static int fail(int error) {
    errno = error;
    return -1;
}

// Opens "<fifo><ending>" of this descriptor.
static int beside(int fd, const char *ending, int flags) {
    char name[4096], link[32];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, name, sizeof name - 16);
    if (length < 0) return -1;
    strcpy(name + length, ending);
    return openat(AT_FDCWD, name, flags | O_CLOEXEC, 0600);
}

static void log_asked(int fd, const char *what, unsigned a, unsigned b) {
    int log = beside(fd, ".log", O_WRONLY | O_CREAT | O_APPEND);
    dprintf(log, "%s %u %u\n", what, a, b);
    close(log);
}

static int is_device(int fd) {
    struct stat about;
    return fstat(fd, &about) == 0 && S_ISFIFO(about.st_mode);
}

static int is_unplugged(int fd) {
    struct stat about;
    return fstat(fd, &about) == 0 && about.st_nlink == 0;
}

struct mode {
    char fourcc[4];
    unsigned width, height, rate_can_be_set;
};

static int read_mode(int fd, struct mode *mode) {
    char text[64] = "";
    int file = beside(fd, ".mode", O_RDONLY);
    ssize_t length = read(file, text, sizeof text - 1);
    close(file);
    if (length > 0 && sscanf(text, "%4c %u %u %u", mode->fourcc, &mode->width, &mode->height,
                             &mode->rate_can_be_set) == 4)
        return 0;
    return fail(EIO);
}

static int set_format(int fd, struct v4l2_pix_format *wish) {
    struct mode mode;
    if (read_mode(fd, &mode)) return -1;
    log_asked(fd, "S_FMT", wish->width, wish->height);
    if (flock(fd, LOCK_EX | LOCK_NB) || camera.buffers) return fail(EBUSY);
    // As drivers do, it takes the nearest that it can instead of what was asked for.
    if (wish->width > mode.width) wish->width = mode.width;
    if (wish->height > mode.height) wish->height = mode.height;
    memcpy(&wish->pixelformat, mode.fourcc, 4);
    wish->field = V4L2_FIELD_NONE;
    wish->bytesperline = wish->width * 2;
    wish->sizeimage = (wish->width * wish->height * 4 + 4095) & ~4095u;
    camera.format = *wish;
    camera.user = fd;
    return 0;
}

static int set_rate(int fd, const struct v4l2_fract *interval) {
    struct mode mode;
    if (read_mode(fd, &mode)) return -1;
    if (!mode.rate_can_be_set) return fail(ENOTTY);
    log_asked(fd, "S_PARM", interval->numerator, interval->denominator);
    camera.interval = *interval;
    return 0;
}

static int request_buffers(int fd, struct v4l2_requestbuffers *wish) {
    log_asked(fd, "REQBUFS", wish->count, wish->type);
    if (wish->count > MOST_BUFFERS) wish->count = MOST_BUFFERS;
    camera.buffers = wish->count;
    camera.in_queue = camera.streaming = 0;
    if (!camera.buffers) flock(fd, LOCK_UN);
    return 0;
}

static int describe(struct v4l2_buffer *buffer) {
    if (buffer->index >= (unsigned)camera.buffers) return fail(EINVAL);
    buffer->length = camera.format.sizeimage;
    buffer->m.offset = buffer->index * camera.format.sizeimage;
    return 0;
}

static int queue(struct v4l2_buffer *buffer) {
    if (describe(buffer) || camera.in_queue == MOST_BUFFERS) return fail(EINVAL);
    camera.queued[camera.in_queue++] = buffer->index;
    return 0;
}

static int dequeue(int fd, struct v4l2_buffer *buffer) {
    unsigned char number;
    char ending[8];
    if (!camera.streaming) return fail(EINVAL);
    if (!camera.in_queue || read(fd, &number, 1) != 1) return fail(EAGAIN);
    buffer->index = camera.queued[0];
    memmove(camera.queued, camera.queued + 1, --camera.in_queue * sizeof camera.queued[0]);
    describe(buffer);
    snprintf(ending, sizeof ending, ".%d", number);
    int content = beside(fd, ending, O_RDONLY);
    ssize_t size = read(content, camera.start[buffer->index], buffer->length);
    close(content);
    if (size < 0) return fail(EIO);
    buffer->bytesused = size;
    return 0;
}

static int answer(int fd, unsigned long request, void *argument) {
    if (is_unplugged(fd)) return fail(ENODEV);
    switch (request) {
    case VIDIOC_QUERYCAP: {
        struct v4l2_capability *about = argument;
        strcpy((char *)about->driver, "emulated");
        about->capabilities = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
        return 0;
    }
    case VIDIOC_G_FMT:
        ((struct v4l2_format *)argument)->fmt.pix = camera.format;
        return 0;
    case VIDIOC_S_FMT:
        return set_format(fd, &((struct v4l2_format *)argument)->fmt.pix);
    case VIDIOC_G_PARM:
        ((struct v4l2_streamparm *)argument)->parm.capture.timeperframe = camera.interval;
        return 0;
    case VIDIOC_S_PARM:
        return set_rate(fd, &((struct v4l2_streamparm *)argument)->parm.capture.timeperframe);
    case VIDIOC_REQBUFS:
        return request_buffers(fd, argument);
    case VIDIOC_QUERYBUF:
        return describe(argument);
    case VIDIOC_QBUF:
        return queue(argument);
    case VIDIOC_DQBUF:
        return dequeue(fd, argument);
    case VIDIOC_STREAMON:
    case VIDIOC_STREAMOFF:
        camera.streaming = request == VIDIOC_STREAMON;
        if (!camera.streaming) camera.in_queue = 0;
        log_asked(fd, camera.streaming ? "STREAMON" : "STREAMOFF", 0, 0);
        return 0;
    }
    return fail(ENOTTY);
}

// What the capturing program calls.

int ioctl(int fd, unsigned long request, ...) {
    va_list arguments;
    va_start(arguments, request);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    if (_IOC_TYPE(request) == 'V' && is_device(fd)) return answer(fd, request, argument);
    return syscall(SYS_ioctl, fd, request, argument);
}

void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset) {
    if (fd < 0 || !is_device(fd))
        return (void *)syscall(SYS_mmap, address, length, protection, flags, fd, offset);
    // The kernel's own buffer is this very mapping, gone with munmap(); see it in /proc/*/maps.
    int writable = PROT_READ | PROT_WRITE, shared = MAP_SHARED | MAP_ANONYMOUS;
    void *start = (void *)syscall(SYS_mmap, NULL, length, writable, shared, -1, 0);
    if (start != MAP_FAILED) camera.start[offset / camera.format.sizeimage] = start;
    return start;
}

void *mmap64(void *, size_t, int, int, int, off_t) __attribute__((alias("mmap")));

int open(const char *name, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = va_arg(arguments, mode_t);
    va_end(arguments);
    const char *device = getenv("V4L2_DEVICE");
    if (device && !strcmp(name, "/dev/video0")) name = device;
    return openat(AT_FDCWD, name, flags, mode);
}

int open64(const char *, int, ...) __attribute__((alias("open")));

int close(int fd) {
    if (fd > 0 && fd == camera.user) memset(&camera, 0, sizeof camera);
    return syscall(SYS_close, fd);
}

int select(int count, fd_set *in, fd_set *out, fd_set *other, struct timeval *limit) {
    struct timespec nanoseconds;
    if (limit) nanoseconds = (struct timespec){limit->tv_sec, limit->tv_usec * 1000};
    if (limit && in && FD_ISSET(count - 1, in) && is_device(count - 1) && !is_unplugged(count - 1))
        log_asked(count - 1, "select", limit->tv_sec, limit->tv_usec);
    return pselect(count, in, out, other, limit ? &nanoseconds : NULL, NULL);
}
