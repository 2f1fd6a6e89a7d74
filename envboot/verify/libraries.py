"""Which system package brings a shared library: apt (Debian, Ubuntu), dnf (Fedora) and brew.

Curated from the file lists of the distributions, for the libraries that Python packages need
and wheels may not carry (manylinux, PEP 600: what is not on its list must be bundled).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from envboot.shell import Shell

_TABLE = """
libEGL.so.1           libegl1             mesa-libEGL          -
libGL.so.1            libgl1              mesa-libGL           -
libGLU.so.1           libglu1-mesa        mesa-libGLU          -
libGLX.so.0           libglx0             libglvnd-glx         -
libOpenGL.so.0        libopengl0          libglvnd-opengl      -
libOSMesa.so          libosmesa6          mesa-libOSMesa       mesa
libOpenCL.so.1        ocl-icd-libopencl1  ocl-icd              -
libSM.so.6            libsm6              libSM                libsm
libICE.so.6           libice6             libICE               libice
libX11.so.6           libx11-6            libX11               libx11
libX11-xcb.so.1       libx11-xcb1         libX11-xcb           libx11
libXcursor.so.1       libxcursor1         libXcursor           libxcursor
libXext.so.6          libxext6            libXext              libxext
libXfixes.so.3        libxfixes3          libXfixes            libxfixes
libXft.so.2           libxft2             libXft               libxft
libXi.so.6            libxi6              libXi                libxi
libXinerama.so.1      libxinerama1        libXinerama          libxinerama
libXrandr.so.2        libxrandr2          libXrandr            libxrandr
libXrender.so.1       libxrender1         libXrender           libxrender
libXt.so.6            libxt6              libXt                libxt
libXtst.so.6          libxtst6            libXtst              libxtst
libasound.so.2        libasound2          alsa-lib             -
libatlas.so.3         libatlas3-base      atlas                -
libblas.so.3          libblas3            blas                 openblas
liblapack.so.3        liblapack3          lapack               openblas
libopenblas.so.0      libopenblas0        openblas             openblas
libcairo.so.2         libcairo2           cairo                cairo
libcurl.so.4          libcurl4            libcurl              curl
libdbus-1.so.3        libdbus-1-3         dbus-libs            dbus
libexpat.so.1         libexpat1           expat                expat
libffi.so             libffi8             libffi               libffi
libfftw3.so.3         libfftw3-double3    fftw-libs-double     fftw
libfontconfig.so.1    libfontconfig1      fontconfig           fontconfig
libfreetype.so.6      libfreetype6        freetype             freetype
libgdal.so            libgdal-dev         gdal-libs            gdal
libgdk_pixbuf-2.0.so.0 libgdk-pixbuf-2.0-0 gdk-pixbuf2         gdk-pixbuf
libgeos_c.so.1        libgeos-c1v5        geos                 geos
libgfortran.so.5      libgfortran5        libgfortran          gcc
libglib-2.0.so.0      libglib2.0-0        glib2                glib
libgobject-2.0.so.0   libglib2.0-0        glib2                glib
libgthread-2.0.so.0   libglib2.0-0        glib2                glib
libgomp.so.1          libgomp1            libgomp              libomp
libgsl.so             libgsl-dev          gsl                  gsl
libgtk-3.so.0         libgtk-3-0          gtk3                 gtk+3
libhdf5.so            libhdf5-dev         hdf5                 hdf5
libjpeg.so            libjpeg-dev         libjpeg-turbo        jpeg-turbo
libMagickWand         libmagickwand-dev   ImageMagick-libs     imagemagick
libmariadb.so.3       libmariadb3         mariadb-connector-c  mariadb-connector-c
libmpi.so             libopenmpi-dev      openmpi              open-mpi
libmpi_cxx.so         libopenmpi-dev      openmpi              open-mpi
libmysqlclient.so     libmysqlclient-dev  mysql-libs           mysql-client
libncurses.so         libncurses6         ncurses-libs         ncurses
libnetcdf.so          libnetcdf-dev       netcdf               netcdf
libnuma.so.1          libnuma1            numactl-libs         -
libnss3.so            libnss3             nss                  nss
libodbc.so.2          unixodbc            unixODBC             unixodbc
libomp.so             libomp-dev          libomp               libomp
libomp.dylib          libomp-dev          libomp               libomp
libpango-1.0.so.0     libpango-1.0-0      pango                pango
libpangocairo-1.0.so.0 libpangocairo-1.0-0 pango               pango
libpng16.so.16        libpng16-16         libpng               libpng
libportaudio.so.2     libportaudio2       portaudio            portaudio
libpq.so.5            libpq5              libpq                libpq
libproj.so            libproj-dev         proj                 proj
libpulse.so.0         libpulse0           pulseaudio-libs      pulseaudio
libpython3            libpython3-dev      python3-libs         python
libsndfile.so         libsndfile1         libsndfile           libsndfile
libsodium.so.23       libsodium23         libsodium            libsodium
libspatialindex       libspatialindex-dev spatialindex         spatialindex
libsqlite3.so.0       libsqlite3-0        sqlite-libs          sqlite
libstdc++.so.6        libstdc++6          libstdc++            -
libtbb.so             libtbb-dev          tbb                  tbb
libtiff.so            libtiff-dev         libtiff              libtiff
libtinfo.so.5         libtinfo5           ncurses-compat-libs  ncurses
libtk8.6.so           libtk8.6            tk                   tcl-tk
libtcl8.6.so          libtcl8.6           tcl                  tcl-tk
libusb-1.0.so.0       libusb-1.0-0        libusb1              libusb
libwebp.so            libwebp-dev         libwebp              webp
libxcb.so.1           libxcb1             libxcb               libxcb
libxcb-cursor.so.0    libxcb-cursor0      xcb-util-cursor      -
libxcb-icccm.so.4     libxcb-icccm4       xcb-util-wm          -
libxcb-image.so.0     libxcb-image0       xcb-util-image       -
libxcb-keysyms.so.1   libxcb-keysyms1     xcb-util-keysyms     -
libxcb-render-util.so.0 libxcb-render-util0 xcb-util-renderutil -
libxcb-xinerama.so.0  libxcb-xinerama0    libxcb               -
libxkbcommon.so.0     libxkbcommon0       libxkbcommon         libxkbcommon
libxkbcommon-x11.so.0 libxkbcommon-x11-0  libxkbcommon-x11     -
libxml2.so.2          libxml2             libxml2              libxml2
libxslt.so.1          libxslt1.1          libxslt              libxslt
libz.so.1             zlib1g              zlib                 zlib
libzmq.so.5           libzmq5             zeromq               zeromq
"""
PACKAGES = {row.split()[0]: tuple(row.split()[1:]) for row in _TABLE.strip().splitlines()}
"""Soname, or how one begins → names for apt, dnf, brew ("-": not there)."""

_CUDA = (
    *("libcudart", "libcublas", "libcudnn", "libcufft", "libcurand", "libcusolver", "libcusparse"),
    *("libnccl", "libnvrtc", "libnvinfer", "libcupti", "libnvidia-ml"),
)
_MANAGERS = (
    ("apt-get", 0, "sudo apt-get install {}"),
    ("dnf", 1, "sudo dnf install {}"),
    ("yum", 1, "sudo yum install {}"),
    ("brew", 2, "brew install {}"),
)


def hint(library: str, shell: Shell) -> str:
    """Return what to do about a missing library, for the package manager of this computer."""
    if library.startswith("libcuda.so"):
        return "it comes with NVIDIA's driver: this machine has none, or a CPU build is meant"
    if library.startswith(_CUDA):
        return "it belongs to CUDA: install the build for the CUDA that this machine runs"
    names = PACKAGES.get(library) or next(
        (v for k, v in PACKAGES.items() if library.startswith(k)), None
    )
    for program, column, command in _MANAGERS:
        if shell.which(program):
            if names is None or names[column] == "-":
                break
            return f"`{command.format(names[column])}`"
    if names is None:
        return f"install the system package that brings {library}"
    return f"install the system package that brings {library} ({names[0]} on Debian)"
