"""The star schema of a music streaming service: daily event logs (JSON through a JSONPaths file, time in milliseconds) and
one file of songs into staging tables, from there into a fact table and four dimensions.

The logs are made here, so that every count is known: those of the project whose README gives them (14,896 songs of 10,025
artists, 8,056 events, 333 songplays at 333 times, 104 rows of users). What the questions at the end should answer is
computed in Python from the same logs.
"""

import collections
import datetime
import json

from blueshift import shown

SONGS = 14_896
ARTISTS = 10_025
EVENTS = 8_056
PLAYS = 333
USERS = 96
# These change their level, and so are in the dimension twice.
UPGRADED = {0, 1, 2, 4, 5, 6, 8, 9}
DAYS = 30

EPOCH = datetime.datetime(1970, 1, 1)
FIRST_DAY = datetime.datetime(2018, 11, 1)

CREATE = [
    """CREATE TABLE IF NOT EXISTS staging_events (
        artist VARCHAR,
        auth VARCHAR,
        first_name VARCHAR,
        gender CHAR(1),
        item_in_session INTEGER,
        last_name VARCHAR,
        length FLOAT,
        level VARCHAR,
        location VARCHAR,
        method VARCHAR,
        page VARCHAR,
        registration FLOAT,
        session_id INTEGER,
        song VARCHAR,
        status INTEGER,
        ts TIMESTAMP,
        user_agent VARCHAR,
        user_id INTEGER
    );""",
    """CREATE TABLE IF NOT EXISTS staging_songs (
        num_songs INTEGER,
        artist_id VARCHAR,
        artist_latitude FLOAT,
        artist_longitude FLOAT,
        artist_location VARCHAR,
        artist_name VARCHAR,
        song_id VARCHAR,
        title VARCHAR,
        duration FLOAT,
        year INTEGER
    );""",
    """CREATE TABLE IF NOT EXISTS songplays (
        songplay_id INTEGER IDENTITY(0,1) PRIMARY KEY SORTKEY,
        start_time TIMESTAMP NOT NULL,
        user_id INTEGER NOT NULL DISTKEY,
        level VARCHAR,
        song_id VARCHAR NOT NULL,
        artist_id VARCHAR NOT NULL,
        session_id INTEGER,
        location VARCHAR,
        user_agent VARCHAR
    );""",
    """CREATE TABLE IF NOT EXISTS users (
        user_id INTEGER PRIMARY KEY DISTKEY,
        first_name VARCHAR,
        last_name VARCHAR,
        gender CHAR(1) ENCODE BYTEDICT,
        level VARCHAR ENCODE BYTEDICT
    ) SORTKEY AUTO;""",
    """CREATE TABLE IF NOT EXISTS songs (
        song_id VARCHAR PRIMARY KEY SORTKEY,
        title VARCHAR NOT NULL,
        artist_id VARCHAR NOT NULL DISTKEY REFERENCES artists (artist_id),
        year INTEGER ENCODE BYTEDICT,
        duration FLOAT NOT NULL
    );""",
    """CREATE TABLE IF NOT EXISTS time (
        start_time TIMESTAMP PRIMARY KEY SORTKEY,
        hour SMALLINT,
        day SMALLINT,
        week SMALLINT,
        month SMALLINT,
        year SMALLINT,
        weekday SMALLINT
    ) DISTSTYLE ALL;""",
]

# Before songs, which refers to it.
CREATE.insert(4, """CREATE TABLE IF NOT EXISTS artists (
        artist_id VARCHAR PRIMARY KEY SORTKEY,
        name VARCHAR NOT NULL,
        location VARCHAR,
        latitude FLOAT,
        longitude FLOAT
    ) DISTSTYLE ALL;""")

TABLES = ["staging_events", "staging_songs", "songplays", "users", "artists", "songs", "time"]

COPY_EVENTS = """
    COPY staging_events FROM 's3://udacity-dend/log_data'
    CREDENTIALS 'aws_iam_role=arn:aws:iam::123456789012:role/dwhRole'
    REGION 'us-west-2'
    FORMAT AS JSON 's3://udacity-dend/log_json_path.json'
    TIMEFORMAT AS 'epochmillisecs'
    TRUNCATECOLUMNS BLANKSASNULL EMPTYASNULL
    COMPUPDATE OFF STATUPDATE OFF;
"""

COPY_SONGS = """
    COPY staging_songs FROM 's3://udacity-dend-copy/song_data'
    IAM_ROLE 'arn:aws:iam::123456789012:role/dwhRole'
    REGION 'us-west-2'
    JSON 'auto'
    ACCEPTINVCHARS AS '^'
    COMPUPDATE OFF;
"""

TRANSFORM = [
    """INSERT INTO songplays (start_time, user_id, level, song_id, artist_id, session_id, location, user_agent)
    SELECT DISTINCT e.ts, e.user_id, e.level, s.song_id, s.artist_id, e.session_id, e.location, e.user_agent
    FROM staging_events e
    JOIN staging_songs s ON e.song = s.title AND e.artist = s.artist_name AND e.length = s.duration
    WHERE e.page = 'NextSong' AND e.user_id IS NOT NULL;""",
    """INSERT INTO users (user_id, first_name, last_name, gender, level)
    SELECT DISTINCT user_id, first_name, last_name, gender, level
    FROM staging_events
    WHERE page = 'NextSong' AND user_id IS NOT NULL;""",
    """INSERT INTO songs (song_id, title, artist_id, year, duration)
    SELECT DISTINCT song_id, title, artist_id, year, duration
    FROM staging_songs
    WHERE song_id IS NOT NULL;""",
    """INSERT INTO artists (artist_id, name, location, latitude, longitude)
    SELECT DISTINCT artist_id, artist_name, artist_location, artist_latitude, artist_longitude
    FROM staging_songs
    WHERE artist_id IS NOT NULL;""",
    """INSERT INTO time (start_time, hour, day, week, month, year, weekday)
    SELECT DISTINCT start_time,
        EXTRACT(hour FROM start_time),
        EXTRACT(day FROM start_time),
        EXTRACT(week FROM start_time),
        EXTRACT(month FROM start_time),
        EXTRACT(year FROM start_time),
        EXTRACT(dow FROM start_time)
    FROM songplays;""",
]


def song(number):
    artist = number % ARTISTS
    placed = artist % 3 == 0
    return {
        "num_songs": 1,
        "artist_id": f"AR{artist:016X}",
        "artist_latitude": artist % 90 + 0.25 if placed else None,
        "artist_longitude": -(artist % 180) - 0.5 if placed else None,
        "artist_location": f"Town {artist % 500}, ST" if placed else "",
        "artist_name": f"Ensemble {artist} & Çompany",
        "song_id": f"SO{number:016X}",
        "title": f"Song \"{number}\" / part {number % 7}",
        "duration": 60 + number % 400 + number % 8 / 8,
        "year": 0 if number % 5 else 1960 + number % 60,
    }


def events():
    """Every event with the song that it plays, where the songs' file knows it."""
    step = DAYS * 86_400_000 // EVENTS
    start = int((FIRST_DAY - EPOCH).total_seconds() * 1000)
    played = 0
    for number in range(EVENTS):
        user = number % USERS
        # Nobody is logged in at every fifteenth event; the others play songs, but for every ninth.
        logged_in = number % 15 != 0
        next_song = logged_in and number % 9 != 0
        known = next_song and number % 16 == 1 and played < PLAYS
        played += known
        piece = song(number * 37 % SONGS) if known else None
        upgraded = user in UPGRADED and number >= EVENTS // 2
        yield piece, {
            "artist": piece["artist_name"] if known else f"Unknown {number}" if next_song else None,
            "auth": "Logged In" if logged_in else "Logged Out",
            "firstName": f"First{user}" if logged_in else None,
            "gender": "FM"[user % 2] if logged_in else None,
            "itemInSession": number % 50,
            "lastName": f"Last{user}" if logged_in else None,
            "length": piece["duration"] if known else 1000.5 + number if next_song else None,
            "level": "paid" if user % 4 == 3 or upgraded else "free",
            "location": f"City {user % 40}, ST" if logged_in else None,
            "method": "PUT" if next_song else "GET",
            "page": "NextSong" if next_song else "Home",
            "registration": 1540919166796.0 + user if logged_in else None,
            "sessionId": number // 10,
            "song": piece["title"] if known else f"Nobody's song {number}" if next_song else None,
            "status": 200,
            "ts": start + number * step + number % 1000,
            "userAgent": "\"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36\"" if logged_in else None,
            "userId": str(user + 1) if logged_in else "",
        }


def upload(s3):
    days = collections.defaultdict(list)
    for _, event in events():
        day = EPOCH + datetime.timedelta(milliseconds=event["ts"])
        days[f"{day:%Y/%m/%Y-%m-%d}-events.json"].append(json.dumps(event))
    assert len(days) == DAYS
    for name, lines in days.items():
        s3.put("udacity-dend", f"log_data/{name}", "\n".join(lines) + "\n")
    fields = [f"$['{name}']" for name in next(events())[1]]
    s3.put("udacity-dend", "log_json_path.json", json.dumps({"jsonpaths": fields}, indent=4))
    songs = [json.dumps(song(number), ensure_ascii=False) for number in range(SONGS)]
    s3.put("udacity-dend-copy", "song_data/songs.jsonl", "\n".join(songs) + "\n")


def test_the_whole_job(warehouse):
    upload(warehouse.s3)
    for table in TABLES:
        warehouse.run(f"DROP TABLE IF EXISTS {table};")
    for table in CREATE:
        warehouse.run(table)
    warehouse.run(COPY_EVENTS)
    warehouse.run(COPY_SONGS)
    for statement in TRANSFORM:
        warehouse.run(statement)

    counts = {table: int(warehouse.run(f"SELECT COUNT(*) FROM {table}")[0][0]) for table in TABLES}
    assert counts == {
        "staging_events": EVENTS, "staging_songs": SONGS, "songplays": PLAYS, "users": USERS + len(UPGRADED),
        "artists": ARTISTS, "songs": SONGS, "time": PLAYS,
    }

    plays = [(piece, event, EPOCH + datetime.timedelta(milliseconds=event["ts"])) for piece, event in events() if piece]
    assert len(plays) == PLAYS
    # Identity values are unique and at least the seed; Redshift does not promise that they are without gaps.
    distinct, least = warehouse.run("SELECT COUNT(DISTINCT songplay_id), MIN(songplay_id) FROM songplays")[0]
    assert int(distinct) == PLAYS and int(least) >= 0

    piece, event, when = plays[0]
    assert warehouse.run("""
        SELECT start_time, user_id, level, song_id, artist_id, session_id, location, user_agent
        FROM songplays ORDER BY start_time LIMIT 1""") == [(
        shown(when), event["userId"], event["level"], piece["song_id"], piece["artist_id"], str(event["sessionId"]),
        event["location"], event["userAgent"],
    )]
    hours = collections.Counter(when.hour for _, _, when in plays)
    assert warehouse.run("SELECT hour, COUNT(*) FROM songplays JOIN time USING (start_time) GROUP BY hour ORDER BY hour") == [
        (str(hour), str(count)) for hour, count in sorted(hours.items())
    ]
    weeks = collections.Counter((when.isocalendar().week, when.isoweekday() % 7) for _, _, when in plays)
    assert warehouse.run("SELECT week, weekday, COUNT(*) FROM time GROUP BY 1, 2 ORDER BY 1, 2") == [
        (str(week), str(day), str(count)) for (week, day), count in sorted(weeks.items())
    ]
    genders = collections.Counter((event["gender"], event["level"]) for _, event, _ in plays)
    assert warehouse.run("""
        SELECT u.gender, p.level, COUNT(*) AS plays
        FROM songplays p
        JOIN (SELECT DISTINCT user_id, gender FROM users) u ON u.user_id = p.user_id
        GROUP BY u.gender, p.level
        ORDER BY plays DESC, 1, 2""") == [
        (*key, str(count)) for key, count in sorted(genders.items(), key=lambda item: (-item[1], item[0]))
    ]
    artists = collections.Counter(piece["artist_name"] for piece, _, _ in plays)
    best = sorted(artists.items(), key=lambda item: (-item[1], item[0].encode()))[:5]
    assert warehouse.run("""
        SELECT a.name, COUNT(*)
        FROM songplays p JOIN artists a ON p.artist_id = a.artist_id
        GROUP BY a.name ORDER BY COUNT(*) DESC, a.name LIMIT 5""") == [(name, str(count)) for name, count in best]
    seconds = sum(piece["duration"] for piece, _, _ in plays)
    total = warehouse.run("SELECT SUM(s.duration) FROM songplays p JOIN songs s USING (song_id)")[0][0]
    assert abs(float(total) - seconds) < 1e-6
    assert warehouse.run("SELECT COUNT(*) FROM staging_events WHERE user_id IS NULL") == [
        (str(sum(event["userId"] == "" for _, event in events())),)
    ]
    # Nothing went wrong on the way, and every file is in the history.
    assert warehouse.run("SELECT COUNT(*) FROM stl_load_errors") == [("0",)]
    assert warehouse.run("SELECT COUNT(DISTINCT filename) FROM stl_load_commits") == [(str(DAYS + 1),)]
