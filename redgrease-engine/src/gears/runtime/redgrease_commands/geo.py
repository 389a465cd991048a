"""Commands of geographic positions."""

from .exceptions import DataError
from .replies import native, number
from .words import flag, option

_UNITS = ("m", "km", "mi", "ft")


class Geo:
    """Base class of `Client` with the commands of geographic positions."""

    __slots__ = ()

    def geoadd(self, name, values, nx=False, xx=False, ch=False):
        if nx and xx:
            raise DataError("GEOADD allows either 'nx' or 'xx', not both")
        if len(values) % 3:
            raise DataError("GEOADD requires places with lon, lat and name values")
        return self._run("GEOADD", name, *flag("NX", nx), *flag("XX", xx), *flag("CH", ch), *values)

    def geodist(self, name, place1, place2, unit=None):
        return number(self._run("GEODIST", name, place1, place2, *_unit("GEODIST", unit)))

    def geohash(self, name, *values):
        return [native(place) for place in self._run("GEOHASH", name, *values)]

    def geopos(self, name, *values):
        places = self._run("GEOPOS", name, *values)
        return [None if place is None else tuple(map(float, place)) for place in places]

    def georadius(
        self,
        name,
        longitude,
        latitude,
        radius,
        unit=None,
        withdist=False,
        withcoord=False,
        withhash=False,
        count=None,
        sort=None,
        store=None,
        store_dist=None,
        any=False,
    ):
        words = ["GEORADIUS", name, longitude, latitude, radius, *(_unit("GEORADIUS", unit) or "m")]
        return self._radius(words, withdist, withcoord, withhash, count, sort, store, store_dist, any)

    def georadiusbymember(
        self,
        name,
        member,
        radius,
        unit=None,
        withdist=False,
        withcoord=False,
        withhash=False,
        count=None,
        sort=None,
        store=None,
        store_dist=None,
        any=False,
    ):
        words = ["GEORADIUSBYMEMBER", name, member, radius, *(_unit("GEORADIUS", unit) or "m")]
        return self._radius(words, withdist, withcoord, withhash, count, sort, store, store_dist, any)

    def _radius(self, words, withdist, withcoord, withhash, count, sort, store, store_dist, any):
        if store and store_dist:
            raise DataError("GEORADIUS store and store_dist can't be set together")
        reply = self._run(
            *words,
            *_details(withdist, withcoord, withhash),
            *_selection("GEORADIUS", count, sort, any),
            *option("STORE", store or None),
            *option("STOREDIST", store_dist or None),
        )
        return reply if store or store_dist else _places(reply, withdist, withcoord, withhash)

    def geosearch(
        self,
        name,
        member=None,
        longitude=None,
        latitude=None,
        unit="m",
        radius=None,
        width=None,
        height=None,
        sort=None,
        count=None,
        any=False,
        withcoord=False,
        withdist=False,
        withhash=False,
    ):
        area = _area(member, longitude, latitude, unit, radius, width, height)
        reply = self._run(
            "GEOSEARCH",
            name,
            *area,
            *_selection("GEOSEARCH", count or None, sort, any),
            *_details(withdist, withcoord, withhash),
        )
        return _places(reply, withdist, withcoord, withhash)

    def geosearchstore(
        self,
        dest,
        name,
        member=None,
        longitude=None,
        latitude=None,
        unit="m",
        radius=None,
        width=None,
        height=None,
        sort=None,
        count=None,
        any=False,
        storedist=False,
    ):
        area = _area(member, longitude, latitude, unit, radius, width, height)
        return self._run(
            "GEOSEARCHSTORE",
            dest,
            name,
            *area,
            *_selection("GEOSEARCH", count or None, sort, any),
            *flag("STOREDIST", storedist),
        )


def _unit(command, unit):
    if unit and unit not in _UNITS:
        raise DataError("%s invalid unit" % command)
    return [unit] if unit else []


def _details(withdist, withcoord, withhash):
    return [*flag("WITHDIST", withdist), *flag("WITHCOORD", withcoord), *flag("WITHHASH", withhash)]


def _selection(command, count, sort, any):
    if sort and str(sort).upper() not in ("ASC", "DESC"):
        raise DataError("%s invalid sort" % command)
    if any and count is None:
        raise DataError("``any`` can't be provided without ``count``")
    return [*flag(sort, sort), *option("COUNT", count), *flag("ANY", any)]


def _area(member, longitude, latitude, unit, radius, width, height):
    is_place = longitude is not None and latitude is not None
    if member is None and not is_place:
        raise DataError("GEOSEARCH must have member or longitude and latitude")
    if member is not None and (longitude is not None or latitude is not None):
        raise DataError("GEOSEARCH member and longitude or latitude can't be set together")
    is_box = width is not None and height is not None
    if radius is None and not is_box:
        raise DataError("GEOSEARCH must have radius or width and height")
    if radius is not None and (width is not None or height is not None):
        raise DataError("GEOSEARCH radius and width or height can't be set together")
    if unit is None or unit.lower() not in _UNITS:
        raise DataError("GEOSEARCH invalid unit")
    center = ["FROMLONLAT", longitude, latitude] if is_place else ["FROMMEMBER", member]
    return center + (["BYBOX", width, height, unit] if is_box else ["BYRADIUS", radius, unit])


def _places(reply, withdist, withcoord, withhash):
    if not (withdist or withcoord or withhash):
        return reply
    casts = [_same, *[float] * bool(withdist), *[int] * bool(withhash), *[_point] * bool(withcoord)]
    return [[cast(value) for cast, value in zip(casts, place)] for place in reply]


def _same(value):
    return value


def _point(place):
    return float(place[0]), float(place[1])
